import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { buildSchema, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';

const here = (path) => resolve(import.meta.dirname, path);
const schemaFile = here('../../../schema.graphql');
const schema = existsSync(schemaFile) && buildSchema(readFileSync(schemaFile, 'utf8'));
const files = readdirSync(here('.'));

for (const file of files.filter((name) => name.endsWith('.graphql'))) {
  const text = readFileSync(here(file), 'utf8');
  const variablesFile = file.replace(/graphql$/, 'variables.json');

  test(`${file} says in a comment what it shows`, () => {
    assert.match(text, /^# \S/);
  });

  test(`${file} is valid against schema.graphql`, { skip: !schema }, () => {
    assert.deepEqual(validate(schema, parse(text)), []);
  });

  test(`${file} accepts its variables`, { skip: !schema || !files.includes(variablesFile) }, () => {
    const variables = JSON.parse(readFileSync(here(variablesFile), 'utf8'));
    for (const operation of parse(text).definitions.filter(({ kind }) => kind === 'OperationDefinition')) {
      const { errors } = getVariableValues(schema, operation.variableDefinitions, variables);
      assert.equal(errors, undefined);
    }
  });
}

test('every variables file belongs to an operation', () => {
  for (const name of files.filter((file) => file.endsWith('.variables.json'))) {
    assert.ok(files.includes(name.replace('variables.json', 'graphql')), name);
  }
});
