// Bundles the page with everything it needs into one dist/index.html.

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { defineConfig, normalizePath } from 'vite';

const here = (path) => normalizePath(resolve(import.meta.dirname, path));

const monaco = 'node_modules/monaco-editor/esm/vs/editor/browser';

/** What takes the place of modules that would bring in much more than the page uses. */
const replacements = new Map([
  [here('node_modules/monaco-graphql/esm/monaco-editor.js'), here('src/monaco.js')],
  [here('node_modules/@graphiql/react/dist/utility/jsonc.js'), here('src/jsonc.js')],
  [here(`${monaco}/widget/diffEditor/diffEditorWidget.js`), here('src/no-diff-editor.js')],
  [here(`${monaco}/widget/multiDiffEditor/multiDiffEditorWidget.js`), here('src/no-diff-editor.js')],
  // The same code as CommonJS.
  [here('node_modules/prettier/plugins/graphql.js'), here('node_modules/prettier/plugins/graphql.mjs')],
]);

function replaceModules() {
  return {
    name: 'replace-modules',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      const replacement = replacements.get(resolved?.id);
      // A replacement itself may use what it replaces.
      return replacement && replacement !== importer ? replacement : resolved;
    },
  };
}

/** Puts script and style sheet into the page, and a policy that lets it run these and talk to its own origin only. */
function singlePage() {
  return {
    name: 'single-page',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const take = (suffix) => {
          const names = Object.keys(bundle).filter((name) => name.endsWith(suffix));
          if (names.length !== 1) this.error(`expected one ${suffix}, found: ${names.join(', ')}`);
          const { code, source } = bundle[names[0]];
          delete bundle[names[0]];
          return String(code ?? source);
        };
        const script = insideScript(take('.js'));
        const style = take('.css');
        const licences = insideScript(take('license.md'));
        if (/[\0\r]/.test(script)) this.error('the page would not have the hash of its script: HTML changes NUL and CR');

        const page = bundle['index.html'];
        page.source = page.source
          .replace(/\s*<(script|link)\b[^>]*\b(src|href)="\/assets\/[^>]*>(<\/script>)?/g, '')
          .replace('<meta charset="utf-8" />', (charset) => `${charset}\n    ${policy(script)}`)
          .replace('</head>', () => `<style>${style}</style>\n  </head>`)
          .replace(
            '</body>',
            () =>
              `<script type="module">${script}</script>\n` +
              `    <script type="text/plain" id="licences">\n${licences}</script>\n  </body>`,
          );

        const left = Object.keys(bundle).filter((name) => name !== 'index.html');
        if (left.length > 0) this.error(`not in the page: ${left.join(', ')}`);
      },
    },
  };
}

/** `text` without what would end a script element or begin a comment in it. */
function insideScript(text) {
  return text.replace(/<(?=\/script|!--)/gi, '\\x3C');
}

function policy(script) {
  const hash = createHash('sha256').update(script).digest('base64');
  const directives = [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    'worker-src blob:',
    // Monaco writes its themes and positions as styles.
    "style-src 'unsafe-inline'",
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${directives.join('; ')}" />`;
}

export default defineConfig({
  plugins: [replaceModules(), singlePage()],
  worker: { plugins: () => [replaceModules()] },
  build: {
    assetsInlineLimit: Infinity,
    license: true,
    modulePreload: false,
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
