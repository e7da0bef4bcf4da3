// @graphiql/react's module of the same name, but for its formatter: that takes 800 KB of Prettier.

import { applyEdits, format } from 'jsonc-parser';

export { parseJSONC, tryParseJSONC } from '../node_modules/@graphiql/react/dist/utility/jsonc.js';

export async function formatJSONC(text) {
  return applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 }));
}
