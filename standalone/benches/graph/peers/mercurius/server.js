// Mercurius on Fastify, with its compiler of queries, and with a DataLoader for each batch method: Mercurius's own loaders
// know an object by its JSON, which costs more than it saves.

import { readFileSync } from 'node:fs';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import DataLoader from 'dataloader';
import Fastify from 'fastify';
import mercurius from 'mercurius';

import { KEEP_ALIVE_MS, listen, setUp } from '../shared/app.js';
import { loaders } from '../shared/loaders.js';
import { resolvers } from '../shared/resolvers.js';

const app = Fastify({ keepAliveTimeout: KEEP_ALIVE_MS });
setUp(app, { grpc, protoLoader });

await app.register(mercurius, {
  schema: readFileSync(process.env.SCHEMA, 'utf8'),
  resolvers,
  // Queries are compiled when they are asked for the second time.
  jit: 1,
  context: ({ scope }) => ({ viewer: scope.viewer, loaders: loaders(DataLoader, scope) }),
});
await listen(app);
