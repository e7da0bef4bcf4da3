// npm run build: writes graphiql.html.gz.
// npm run check: fails if graphiql.html.gz isn't what the sources make.

import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gzip } from 'pako';
import { build } from 'vite';

const here = (path) => resolve(import.meta.dirname, path);
const committed = here('graphiql.html.gz');

process.env.NODE_ENV = 'production';
await build({ root: here('.'), logLevel: 'error' });
const page = await readFile(here('dist/index.html'));
// Not node:zlib: its output depends on the version of Node and on the processor.
const compressed = Buffer.from(gzip(page, { level: 9 }));

if (process.argv.includes('--check')) {
  const before = await readFile(committed).catch(() => Buffer.alloc(0));
  if (!compressed.equals(before)) {
    console.error('graphiql.html.gz is stale: npm run build, and commit it');
    process.exitCode = 1;
  }
} else {
  await writeFile(committed, compressed);
  console.log(`graphiql.html.gz: ${compressed.length} bytes, ${page.length} uncompressed`);
}
