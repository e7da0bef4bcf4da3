// Asks our gateway and a contestant the benchmark's queries, and compares their answers.
//
//   node check.mjs <GraphQL URL of our gateway> <GraphQL URL of a contestant> <access token> [folder of its own queries]
//
// The environment variable QUERIES is the folder of our queries. A contestant with a schema of its own has a folder of
// queries, and beside it `answers.js`, which makes our answers of its own.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const [ours, theirs, token, folder] = process.argv.slice(2);
const files = { large: 'orders', deep: 'crews', small: 'order', list: 'customers', one: 'viewer' };

const own = folder ? await import(pathToFileURL(path.resolve(folder, '../answers.js'))) : undefined;
const from = new Date().toISOString();
const first = 'query First($from: DateTime!) { orders(first: 1, filter: { startsFrom: $from }) { nodes { id } } }';
const id = (await ask(ours, first, { from })).data.orders.nodes[0].id;

for (const [name, file] of Object.entries(files)) {
  const variables = { large: { from }, deep: { from }, small: { id } }[name] ?? {};
  const document = read(process.env.QUERIES, file);
  const expected = await ask(ours, document, variables);
  const request = own ? [read(folder, name), own.variables(variables)] : [document, variables];
  // Asked more than once: some contestants go another way once they know a query.
  for (let time = 1; time <= 3; time += 1) {
    const answer = await ask(theirs, ...request);
    const data = own && answer.data ? own.answers[name](answer.data) : answer.data;
    const equal = isDeepStrictEqual(data, expected.data);
    if (!equal) process.exitCode = 1;
    console.log(`${name}: ${equal ? 'equal' : `different: ${difference(data, expected.data)}`}; RPCs ${answer.rpcs} (ours ${expected.rpcs})`);
    if (answer.errors) console.log(`  ${JSON.stringify(answer.errors).slice(0, 500)}`);
  }
}

function read(folder, name) {
  return readFileSync(path.join(folder, `${name}.graphql`), 'utf8');
}

async function ask(url, query, variables) {
  const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}`, 'x-rpc-count': '1' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return { ...(await response.json()), rpcs: response.headers.get('x-rpc-count') };
}

/** Where two values differ at first. */
function difference(a, b, at = 'data') {
  if (!(a && b && typeof a === 'object' && typeof b === 'object')) return `${at} is ${JSON.stringify(a)}, not ${JSON.stringify(b)}`;
  for (const key of new Set([...Object.keys(b), ...Object.keys(a)])) {
    if (!isDeepStrictEqual(a[key], b[key])) return difference(a[key], b[key], `${at}.${key}`);
  }
  return at;
}
