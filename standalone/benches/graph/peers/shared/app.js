// What every contestant on Fastify has around its GraphQL.

import { Scope, call, connect } from './services.js';
import { InvalidToken, Verifier, bearer } from './token.js';

/** A connection is kept while the load is with another contestant. */
export const KEEP_ALIVE_MS = 600_000;

/** Verifies the token of each request, so that it has a `scope`, and tells how many calls it made where that is asked. */
export function setUp(app, { grpc, protoLoader }) {
  const services = connect(grpc, protoLoader);
  const verifier = new Verifier(async () => (await call(services.auth, 'getJwks', {}, new grpc.Metadata())).keys);

  app.decorateRequest('scope', null);
  app.addHook('onRequest', async (request, reply) => {
    try {
      const token = bearer(request.headers.authorization);
      request.scope = new Scope(grpc, services, token && (await verifier.verify(token)), token);
    } catch (error) {
      if (!(error instanceof InvalidToken)) throw error;
      return reply.code(401).send({ errors: [{ message: error.message, extensions: { code: 'UNAUTHENTICATED' } }] });
    }
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.headers['x-rpc-count'] && request.scope) reply.header('x-rpc-count', request.scope.calls);
    done(null, payload);
  });
  app.get('/readyz', () => 'ok');
  // It listens once the keys are there: whoever reaches it finds it ready.
  app.addHook('onReady', () => verifier.prepare());
}

export function listen(app) {
  return app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
}
