import { useSyncExternalStore } from 'react';

/** Whether requests are signed, and what the latest operation cost. */
export function SessionBar({ session }) {
  const { token, rpcs } = useSyncExternalStore(session.subscribe, session.snapshot);
  return (
    <header className="session-bar graphiql-container">
      <span role="status">{token ? 'Signed in' : 'Not signed in'}</span>
      {token && (
        <button type="button" onClick={session.signOut}>
          Sign out
        </button>
      )}
      {rpcs && (
        <span className="session-bar-rpcs">
          {rpcs.operation}: {rpcs.count} gRPC {rpcs.count === '1' ? 'call' : 'calls'}
        </span>
      )}
    </header>
  );
}
