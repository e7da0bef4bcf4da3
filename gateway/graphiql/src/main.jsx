// The page: GraphiQL with the session bar above it.
//
//   session.js   the access token and the last RPC count, shared by the next two
//   fetcher.js   sends an operation to the gateway
//   bar.jsx      shows the session
//   examples.js  operations/ as GraphiQL's first tabs
//   worker.js    Monaco's workers
//
// vite.config.js puts monaco.js, jsonc.js and no-diff-editor.js in the place of larger modules.

import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import { SessionBar } from './bar.jsx';
import { examples, openFirstExample } from './examples.js';
import { createFetcher } from './fetcher.js';
import './page.css';
import { Session } from './session.js';
import EditorWorker from './worker.js?worker&inline';

globalThis.MonacoEnvironment = {
  getWorker: (_moduleId, label) => new EditorWorker({ name: label }),
};

// Variables hold passwords: tabs and history end with the browser tab, as the token does.
const storage = sessionStorage;
const session = new Session(storage);
openFirstExample(storage);

createRoot(document.getElementById('app')).render(
  <>
    <SessionBar session={session} />
    <GraphiQL
      defaultTabs={examples}
      defaultEditorToolsVisibility="variables"
      fetcher={createFetcher({ session, url: '/graphql' })}
      storage={storage}
    />
  </>,
);
