import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { actions, inquiries, orders, questions } from '../../../control/api/index.ts';
import { openApiDocument } from '../../../control/api/openapi/openapi-document.ts';

const root = join(import.meta.dirname, '../../..');

test('the admin API as OpenAPI is valid, complete, and what docs/ has', async () => {
  const document = openApiDocument();
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  const paths = Object.keys(document.paths);
  for (const { path } of Object.values(questions)) expect(paths).toContain(path);
  for (const name of Object.keys({ ...inquiries, ...orders })) expect(paths).toContain(`/v1/${name}`);
  for (const name of Object.keys(actions)) expect(paths).toContain(`/v1/features/{feature}/${name}`);
  const schemas = Object.keys(document.components.schemas);
  const named = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
    ([, name]) => name,
  );
  expect(named.filter((name) => !schemas.includes(name!))).toEqual([]);
  const kept = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8'));
  expect(kept, 'run `npm run docs:api`').toEqual(JSON.parse(JSON.stringify(document)));
});

test('docs/api.md names every request', () => {
  const text = readFileSync(join(root, 'docs/api.md'), 'utf8');
  const requests = [
    ...Object.values(questions).map(({ path }) => `GET ${path.replace('{feature}', 'F')}`),
    ...Object.keys({ ...inquiries, ...orders }).map((name) => `POST /v1/${name}`),
    ...Object.keys(actions).map((name) => `POST /v1/features/F/${name}`),
  ];
  expect(requests.filter((request) => !text.includes(request))).toEqual([]);
});
