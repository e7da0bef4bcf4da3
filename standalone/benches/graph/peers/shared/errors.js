// Errors of the graph, with a code in their extensions.

const CODES = { 3: 'INVALID', 4: 'UNAVAILABLE', 5: 'NOT_FOUND', 7: 'PERMISSION_DENIED', 8: 'RESOURCE_EXHAUSTED', 14: 'UNAVAILABLE', 16: 'UNAUTHENTICATED' };

/** The error of which a gRPC status tells; nothing is told of one that is not known. */
export function failure(status) {
  const code = CODES[status?.code] ?? 'INTERNAL';
  return withCode(code, code === 'INTERNAL' ? 'internal error' : status.message);
}

export const invalid = (message) => withCode('INVALID', message);

/** Whether a gRPC status or an error of the graph says that there is no such thing. */
export const isNotFound = (error) => error?.code === 5 || error?.extensions?.code === 'NOT_FOUND';

const withCode = (code, message) => Object.assign(new Error(message), { extensions: { code } });
