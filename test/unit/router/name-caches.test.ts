import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { headerKind } from '../../../router/request/header-kinds.ts';
import { requestText } from '../../../router/sides/http/upstream/request-text.ts';

it('what is remembered of field names is no memory that a client can take for good', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 2_500; n++) {
    const name = Buffer.alloc(30_000, `x${n}-`).toString('latin1');
    headerKind(name);
    requestText('GET', '/', [name, 'v']);
  }
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
});
