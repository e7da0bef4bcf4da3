import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFetcher } from './fetcher.js';
import { Session } from './session.js';

const QUERY = { query: '{ me { id } }', operationName: 'Me' };

/** A fetcher whose gateway always answers with `body`; `requests` are the headers it saw. */
function setUp(body = { data: {} }, init = {}) {
  const stored = new Map();
  const storage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
    removeItem: (key) => stored.delete(key),
  };
  const session = new Session(storage);
  const requests = [];
  const fetch = async (_url, { headers }) => {
    requests.push(headers);
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), init);
  };
  return { fetcher: createFetcher({ session, url: '/graphql', fetch }), requests, session, storage };
}

test('every request asks for the GraphQL media type and for the RPC count', async () => {
  const { fetcher, requests } = setUp();
  await fetcher(QUERY);
  assert.equal(requests[0].get('accept'), 'application/graphql-response+json, application/json;q=0.9');
  assert.equal(requests[0].get('x-rpc-count'), '1');
  assert.equal(requests[0].get('authorization'), null);
});

test('an access token in a response signs the requests after it, until signing out', async () => {
  const { fetcher, requests, session, storage } = setUp({ data: { in: { session: { accessToken: 'abc' } } } });
  await fetcher(QUERY);
  await fetcher(QUERY);
  assert.equal(requests[1].get('authorization'), 'Bearer abc');
  assert.equal(new Session(storage).snapshot().token, 'abc');

  session.signOut();
  await fetcher(QUERY);
  assert.equal(requests[2].get('authorization'), null);
});

test('an Authorization typed in the headers editor goes before the remembered one', async () => {
  const { fetcher, requests, session } = setUp();
  session.signIn('abc');
  await fetcher(QUERY, { headers: { Authorization: 'Bearer own' } });
  assert.equal(requests[0].get('authorization'), 'Bearer own');
});

test('a token that the gateway refuses is forgotten, one typed in the headers editor does not count', async () => {
  const { fetcher, session } = setUp({ errors: [{ message: 'expired' }] }, { status: 401 });
  session.signIn('abc');
  await fetcher(QUERY, { headers: { authorization: 'Bearer own' } });
  assert.equal(session.snapshot().token, 'abc');
  await fetcher(QUERY);
  assert.equal(session.snapshot().token, null);
});

test('the RPC count is that of the latest operation, introspection aside', async () => {
  const { fetcher, session } = setUp({ data: {} }, { headers: { 'x-rpc-count': '3' } });
  await fetcher({ query: '{ __schema { description } }', operationName: 'IntrospectionQuery' });
  assert.equal(session.snapshot().rpcs, null);
  await fetcher(QUERY);
  assert.deepEqual(session.snapshot().rpcs, { operation: 'Me', count: '3' });
});

test('an answer that is not JSON is an error with its status', async () => {
  const { fetcher } = setUp('upstream is away', { status: 502 });
  await assert.rejects(fetcher(QUERY), /HTTP 502: upstream is away/);
});
