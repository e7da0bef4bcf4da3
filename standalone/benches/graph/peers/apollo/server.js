// Apollo Server on Fastify, with a DataLoader for each batch method.

import { readFileSync } from 'node:fs';

import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import DataLoader from 'dataloader';
import Fastify from 'fastify';

import { KEEP_ALIVE_MS, listen, setUp } from '../shared/app.js';
import { loaders } from '../shared/loaders.js';
import { resolvers } from '../shared/resolvers.js';

const app = Fastify({ keepAliveTimeout: KEEP_ALIVE_MS });
setUp(app, { grpc, protoLoader });

const apollo = new ApolloServer({
  typeDefs: readFileSync(process.env.SCHEMA, 'utf8'),
  resolvers,
  plugins: [
    fastifyApolloDrainPlugin(app),
    // Nothing here has cache hints; without it the fields are not instrumented.
    ApolloServerPluginCacheControlDisabled(),
  ],
});
await apollo.start();
await app.register(fastifyApollo(apollo), {
  context: async ({ scope }) => ({ viewer: scope.viewer, loaders: loaders(DataLoader, scope) }),
});
await listen(app);
