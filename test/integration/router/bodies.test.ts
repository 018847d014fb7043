import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';

// Around what is written as one text, what comes in one read, and what a connection's buffers take.
const sizes = [0, 1, 127, 1_024, 12_287, 12_288, 12_289, 16_384, 65_536, 131_072, 12_000_000];

/** Every octet value, and another body for every address. */
function bodyOf(path: string): Buffer {
  const size = Number(path.split('/')[2]);
  // A prime length: what is shifted shows.
  return Buffer.alloc(size, createHash('shake256', { outputLength: 1_021 }).update(path).digest());
}

describe('answers', () => {
  it.for([['with a length'], ['in chunks']] as const)(
    'of many requests at once arrive octet for octet, also to clients that read late: %s',
    async ([framing]) => {
      await using legacy = await startUpstream((request, response) => {
        const body = bodyOf(request.url!);
        if (framing === 'with a length') response.setHeader('Content-Length', body.length);
        else response.flushHeaders();
        response.end(body);
      });
      await using stage = await startStage(legacy.url);
      const agent = new Agent({ keepAlive: true });
      try {
        const paths = sizes.flatMap((size) => Array.from({ length: 4 }, (_, n) => `/body/${size}/${n}`));
        const answers = await Promise.all(
          paths.map(async (path) => {
            const request = httpRequest(`${stage.url}${path}`, { agent }).end();
            const [answer] = (await once(request, 'response')) as [IncomingMessage];
            return { path, answer };
          }),
        );
        // Nobody reads before all have answered: what no connection takes lies in the router meanwhile.
        for (const { path, answer } of answers) {
          const pieces: Buffer[] = [];
          for await (const piece of answer) pieces.push(piece as Buffer);
          expect(Buffer.concat(pieces).equals(bodyOf(path)), path).toBe(true);
        }
      } finally {
        agent.destroy();
      }
    },
  );
});
