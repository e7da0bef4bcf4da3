// Hive Gateway with its gRPC transport.

import { createServer } from 'node:http';

import { Logger, createGatewayRuntime } from '@graphql-hive/gateway';
import grpcTransport from '@graphql-mesh/transport-grpc';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { GraphQLError } from 'graphql';

import { KEEP_ALIVE_MS } from '../shared/app.js';
import { call, connect } from '../shared/services.js';
import { InvalidToken, Verifier, bearer } from '../shared/token.js';
import { resolvers } from './resolvers.js';
import { compose } from './supergraph.js';

const services = connect(grpc, protoLoader);
const verifier = new Verifier(async () => (await call(services.auth, 'getJwks', {}, new grpc.Metadata())).keys);
await verifier.prepare();

const logging = new Logger({ level: 'warn' });
const gateway = createGatewayRuntime({
  supergraph: await compose(logging),
  transports: { grpc: grpcTransport },
  additionalResolvers: resolvers,
  genericAuth: { mode: 'resolve-only', resolveUserFn: viewer, contextFieldName: 'viewer' },
  plugins: () => [rpcCount()],
  logging,
  readinessCheckEndpoint: '/readyz',
  graphiql: false,
  landingPage: false,
});
createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, gateway).listen(Number(process.env.PORT), '127.0.0.1');
// The gateway handles these signals to dispose of itself, and leaves the rest to its host.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit());

async function viewer({ request }) {
  try {
    return await verifier.verify(bearer(request.headers.get('authorization') ?? ''));
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
    throw new GraphQLError(error.message, { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } });
  }
}

/** Tells how many calls a request made, where that is asked: one for each root field of what a service is asked. */
function rpcCount() {
  const counts = new WeakMap();
  return {
    onSubgraphExecute({ executionRequest: { context, document } }) {
      const [operation] = document.definitions;
      counts.set(context.request, (counts.get(context.request) ?? 0) + operation.selectionSet.selections.length);
    },
    onResponse({ request, response }) {
      if (request.headers.has('x-rpc-count')) response.headers.set('x-rpc-count', String(counts.get(request) ?? 0));
    },
  };
}
