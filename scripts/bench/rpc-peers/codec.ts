import { createRequire } from 'node:module';
import { structCodec } from 'banyan/rpc';
import { catalogIdl } from './catalog.ts';
import { page } from './items.ts';

interface Generated {
  Page: new (value?: object) => { write(p: object): void; read(p: object): void; items: { sku: string }[] };
}
interface Library {
  readonly TBinaryProtocol: new (transport: object) => object;
  readonly TBufferedTransport: {
    new (bytes: undefined, onFlush: (bytes: Buffer) => void): { flush(): void };
    receiver(callback: (transport: object) => void): (bytes: Buffer) => void;
  };
}

/** Encodes and decodes a page of twenty items, in turns of the one codec named; prints round trips a second. */
const [which = '', seconds = '1'] = process.argv.slice(2);
const value = page(20);
const once = which === 'banyan' ? await banyan() : generated();

async function banyan(): Promise<() => string> {
  const codec = structCodec(await catalogIdl(), 'Page');
  return () => (codec.decode(codec.encode(value)) as typeof value).items[19]!.sku;
}

function generated(): () => string {
  const require = createRequire(import.meta.url);
  const thrift = require('thrift') as Library;
  const { Page } = require('./gen/catalog_types.js') as Generated;
  const source = new Page(value);
  return () => {
    let bytes: Buffer = Buffer.alloc(0);
    const transport = new thrift.TBufferedTransport(undefined, (flushed) => {
      bytes = flushed;
    });
    source.write(new thrift.TBinaryProtocol(transport));
    transport.flush();
    const decoded = new Page();
    thrift.TBufferedTransport.receiver((received) => decoded.read(new thrift.TBinaryProtocol(received)))(
      bytes,
    );
    return decoded.items[19]!.sku;
  };
}

function run(forSeconds: number): number {
  const began = performance.now();
  const until = began + forSeconds * 1_000;
  let rounds = 0;
  while (performance.now() < until) {
    for (let i = 0; i < 50; i++) {
      if (!once().startsWith('SKU-20')) throw new Error('a wrong answer');
    }
    rounds += 50;
  }
  return rounds / ((performance.now() - began) / 1_000);
}

run(1);
console.log(JSON.stringify({ roundTripsPerSecond: run(Number(seconds)) }));
