// The clients of the services, and the calls of one request.
//
// The gRPC packages are handed in, so that this folder needs no packages of its own.

import { failure } from './errors.js';

const TIMEOUT_MS = 10_000;
const NAMES = ['auth', 'employee', 'customer', 'order'];

/** Clients by the service's name: `auth`, `employee`, `customer`, `order`. */
export function connect(grpc, protoLoader) {
  const files = NAMES.map((name) => `crm/${name}/v1/${name}_service.proto`);
  const options = { includeDirs: [process.env.PROTO], longs: Number, enums: String, defaults: true, oneofs: true };
  const { crm } = grpc.loadPackageDefinition(protoLoader.loadSync(files, options));
  const client = (name) => {
    const Service = crm[name].v1[`${name[0].toUpperCase()}${name.slice(1)}Service`];
    return new Service(new URL(process.env[`${name.toUpperCase()}_URL`]).host, grpc.credentials.createInsecure());
  };
  return Object.fromEntries(NAMES.map((name) => [name, client(name)]));
}

/** Who asks, with which token, and how many calls were made for them. */
export class Scope {
  calls = 0;

  /** `viewer` and `token` are not given for somebody who is not signed in. */
  constructor(grpc, services, viewer, token) {
    this.services = services;
    this.viewer = viewer;
    this.metadata = new grpc.Metadata();
    if (token) this.metadata.set('authorization', `Bearer ${token}`);
  }

  call(service, method, message) {
    this.calls += 1;
    return call(this.services[service], method, message, this.metadata);
  }
}

/** One call; it fails with an error of the graph. */
export function call(client, method, message, metadata) {
  return new Promise((resolve, reject) => {
    client[method](message, metadata, { deadline: Date.now() + TIMEOUT_MS }, (error, answer) => {
      if (error) reject(failure({ code: error.code, message: error.details }));
      else resolve(answer);
    });
  });
}
