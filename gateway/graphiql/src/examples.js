// operations/NN-name.graphql becomes a tab, and operations/NN-name.variables.json, if there is one, its variables.

const operations = import.meta.glob('../operations/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob('../operations/*.variables.json', { query: '?raw', import: 'default', eager: true });

export const examples = Object.entries(operations)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([path, query]) => ({
    query: query.trimEnd(),
    variables: variables[path.replace(/graphql$/, 'variables.json')]?.trimEnd() ?? null,
  }));

/** Puts the first example in the editors when there are no tabs yet: GraphiQL by itself would leave its variables out. */
export function openFirstExample(storage) {
  if (storage.getItem('graphiql:tabState') !== null) return;
  storage.setItem('graphiql:query', examples[0].query);
  storage.setItem('graphiql:variables', examples[0].variables ?? '');
}
