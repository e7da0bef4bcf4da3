/** What the page remembers between requests. `subscribe` and `snapshot` suit `useSyncExternalStore`. */
export class Session {
  #storage;
  #listeners = new Set();
  #state;

  /** @param {Storage} storage where the token outlives a reload */
  constructor(storage) {
    this.#storage = storage;
    this.#state = { token: storage.getItem(TOKEN_KEY), rpcs: null };
  }

  /** `{ token: string | null, rpcs: { operation: string, count: string } | null }`, a new object after each change. */
  snapshot = () => this.#state;

  /** Calls `listener` after each change, until the returned function is called. */
  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  signIn(token) {
    this.#storage.setItem(TOKEN_KEY, token);
    this.#change({ token });
  }

  signOut = () => {
    this.#storage.removeItem(TOKEN_KEY);
    this.#change({ token: null });
  };

  /** The gRPC calls that the latest operation cost, `null` if the gateway didn't say. */
  setRpcs(rpcs) {
    this.#change({ rpcs });
  }

  #change(part) {
    this.#state = { ...this.#state, ...part };
    for (const listener of this.#listeners) listener();
  }
}

const TOKEN_KEY = 'accessToken';
