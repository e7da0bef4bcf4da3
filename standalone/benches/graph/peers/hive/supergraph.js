// The supergraph, made of the services' contracts.

import path from 'node:path';

import { getComposedSchemaFromConfig } from '@graphql-mesh/compose-cli';
// Knows google/protobuf/descriptor.proto, which the contracts import.
import '@grpc/proto-loader';
import { loadGrpcSubgraph } from '@omnigraph/grpc';

const { PROTO } = process.env;

export function compose(logger) {
  return getComposedSchemaFromConfig(
    {
      subgraphs: ['auth', 'employee', 'customer', 'order'].map(subgraph),
      additionalTypeDefs: path.join(import.meta.dirname, 'types.graphql'),
    },
    logger,
  );
}

function subgraph(name) {
  const source = loadGrpcSubgraph(name, {
    endpoint: new URL(process.env[`${name.toUpperCase()}_URL`]).host,
    source: { file: `${PROTO}/crm/${name}/v1/${name}_service.proto`, load: { includeDirs: [PROTO] } },
    metaData: { authorization: ['headers', 'authorization'] },
    requestTimeout: 10_000,
    prefixQueryMethod: ['get', 'batch', 'list', 'search'],
  });
  return { sourceHandler: source };
}
