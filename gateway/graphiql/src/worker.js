// One worker program for Monaco's three kinds of workers, so that the page carries their common part once.
// The worker's name says which it is.

import { initialize } from 'monaco-editor/esm/vs/editor/editor.worker.js';
// Sets `onmessage` to its own start.
import 'monaco-editor/esm/vs/language/json/json.worker.js';
import { GraphQLWorker } from 'monaco-graphql/esm/GraphQLWorker.js';

const startJson = globalThis.onmessage;

globalThis.onmessage = () => {
  switch (globalThis.name) {
    case 'json':
      return startJson();
    case 'graphql':
      return initialize((context, createData) => new GraphQLWorker(context, createData));
    default:
      return initialize(null);
  }
};
