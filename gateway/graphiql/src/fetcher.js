// GraphQL over HTTP, as far as the page needs it: one POST, one JSON response.

/** A GraphiQL fetcher that signs its requests with the session's token and learns the token from sign-ins. */
export function createFetcher({ session, url, fetch = globalThis.fetch.bind(globalThis) }) {
  return async (params, options = {}) => {
    const headers = new Headers({
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      'x-rpc-count': '1',
    });
    const { token } = session.snapshot();
    if (token) headers.set('authorization', bearer(token));
    // Names are case-insensitive here, so an `Authorization` typed by the user replaces ours.
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);

    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(params) });
    const body = await readJson(response);

    if (params.operationName !== 'IntrospectionQuery') {
      const count = response.headers.get('x-rpc-count');
      session.setRpcs(count && { operation: params.operationName ?? 'Operation', count });
    }
    if (response.status === 401 && token && headers.get('authorization') === bearer(token)) session.signOut();
    const newToken = findAccessToken(body.data);
    if (newToken) session.signIn(newToken);
    return body;
  };
}

const bearer = (token) => `Bearer ${token}`;

async function readJson(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`HTTP ${response.status}: ${text.slice(0, 1000) || response.statusText}`);
  }
}

/** The first string called `accessToken` at any depth. */
function findAccessToken(value) {
  if (value === null || typeof value !== 'object') return null;
  if (typeof value.accessToken === 'string') return value.accessToken;
  for (const child of Object.values(value)) {
    const token = findAccessToken(child);
    if (token) return token;
  }
  return null;
}
