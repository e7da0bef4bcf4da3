// Access tokens: JWTs signed with Ed25519, checked by the keys of the auth service.

import { createHash, createPublicKey, verify } from 'node:crypto';

const ISSUER = 'https://auth.crm.internal';
const AUDIENCE = 'crm';
const MAX_LENGTH = 4096;
/** How far the clocks of two hosts may be apart. */
const SKEW_MS = 10_000;
/** How many verified tokens are remembered. */
const CACHED = 10_000;
/** After that long the keys are asked for again. */
const FRESH_MS = 300_000;
/** The least time between two askings for a key that is not known. */
const ASK_AGAIN_MS = 10_000;

/** Why a token is refused. */
export class InvalidToken extends Error {}

export class Verifier {
  #getKeys;
  #keys = new Map();
  #askedAt = -Infinity;
  #verified = new Map();

  /** `getKeys` answers with the keys of the auth service: `[{ kid, x }]`. */
  constructor(getKeys) {
    this.#getKeys = getKeys;
  }

  /** Asks for the keys, so that the first request need not wait for them. */
  async prepare() {
    const keys = await this.#getKeys();
    const key = ({ kid, x }) => [kid, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })];
    this.#keys = new Map(keys.map(key));
    this.#askedAt = Date.now();
  }

  /** Whom the token speaks for: `{ account, role }`. */
  async verify(token) {
    if (token.length > MAX_LENGTH) throw new InvalidToken('the token is too long');
    // By its digest, so that no usable token stands in memory longer than its request.
    const digest = createHash('sha256').update(token).digest('base64');
    let viewer = this.#verified.get(digest);
    if (!viewer) {
      viewer = await this.#check(token);
      if (this.#verified.size >= CACHED) this.#verified.delete(this.#verified.keys().next().value);
      this.#verified.set(digest, viewer);
    }
    if (viewer.expiresAt > Date.now()) return viewer;
    this.#verified.delete(digest);
    throw new InvalidToken('the token has expired');
  }

  async #check(token) {
    const [head, body, signature, ...rest] = token.split('.');
    if (!signature || rest.length > 0) throw new InvalidToken('this is no access token');
    const { typ, alg, kid, ...others } = parse(head);
    if (typ !== 'at+jwt' || alg !== 'EdDSA' || Object.keys(others).length > 0) throw new InvalidToken('this is no access token');
    const key = await this.#key(kid);
    if (!key) throw new InvalidToken("the token's key is not known");
    if (!verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) {
      throw new InvalidToken("the token's signature is wrong");
    }
    const { iss, aud, sub, role, nbf, exp } = parse(body);
    if (iss !== ISSUER) throw new InvalidToken('the token is of another issuer');
    if (aud !== AUDIENCE) throw new InvalidToken('the token is for another audience');
    if (!(nbf * 1000 <= Date.now() + SKEW_MS)) throw new InvalidToken('the token is not valid yet');
    return { account: sub, role, expiresAt: exp * 1000 };
  }

  async #key(kid) {
    const age = Date.now() - this.#askedAt;
    if (age > FRESH_MS || (!this.#keys.has(kid) && age > ASK_AGAIN_MS)) await this.prepare();
    return this.#keys.get(kid);
  }
}

/** The token in an `Authorization` header; `undefined` where there is none. */
export function bearer(header) {
  if (header === undefined) return undefined;
  const [, token] = /^bearer +(\S+)$/i.exec(header) ?? [];
  if (!token) throw new InvalidToken('the Authorization header must be: Bearer, a blank, an access token');
  return token;
}

function parse(part) {
  try {
    return { ...JSON.parse(Buffer.from(part, 'base64url')) };
  } catch {
    throw new InvalidToken('this is no access token');
  }
}
