// Values of the messages as the graph has them, and back.

import { invalid } from './errors.js';

/** The global id of a thing. */
export const globalId = (kind, uuid) => `${kind}_${uuid}`;

/** The UUID in the global id of a thing of that kind. */
export function localId(kind, id) {
  if (!id.startsWith(`${kind}_`)) throw invalid(`must be the id of a thing of the kind ${kind}`);
  return id.slice(kind.length + 1);
}

/** Text that a message holds as empty where there is none. */
export const optional = (text) => text || null;

/** The value of an enumeration without the prefix that protobuf has it; a number is one that is not known here. */
export const enumValue = (prefix, value) => (typeof value === 'number' || value === `${prefix}UNSPECIFIED` ? null : value.slice(prefix.length));

/** A moment in UTC, with as many digits as it has. */
export function dateTime(at) {
  if (!at) return null;
  const seconds = new Date(at.seconds * 1000).toISOString().slice(0, 19);
  const fraction = at.nanos === 0 ? '' : `.${String(at.nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${seconds}${fraction}Z`;
}

/** A moment for a message; whatever is finer than a nanosecond is dropped. */
export function timestamp(text) {
  if (text == null) return null;
  const [, fraction = ''] = /\.(\d+)/.exec(text) ?? [];
  const seconds = Math.floor(Date.parse(text.replace(/\.\d+/, '')) / 1000);
  if (Number.isNaN(seconds)) throw invalid('must be a moment such as 2026-03-01T09:30:00Z');
  return { seconds, nanos: Number(fraction.slice(0, 9).padEnd(9, '0')) };
}

/** The amount, with the decimals of its currency. */
export function amount({ units, nanos, currencyCode }) {
  const digits = decimals(currencyCode);
  const minor = Math.abs(units) * 10 ** digits + Math.round(Math.abs(nanos) / 10 ** (9 - digits));
  const text = String(minor).padStart(digits + 1, '0');
  const sign = units < 0 || nanos < 0 ? '-' : '';
  return digits === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

const known = new Map();

function decimals(currency) {
  if (!known.has(currency)) {
    known.set(currency, new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits);
  }
  return known.get(currency);
}
