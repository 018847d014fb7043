import { BanyanError } from '../../../common/errors.ts';
import { loadIdl } from '../../../rpc/index.ts';
import { runProgram } from '../../servers/run-program.ts';

export interface Verdict {
  readonly takes: boolean;
  /** What is said against it; warnings too. */
  readonly said: readonly string[];
}

/** What Apache Thrift's own compiler says of a file. */
export async function officialVerdict(compiler: string, file: string, folder: string): Promise<Verdict> {
  const { status, stderr, stdout } = await runProgram([
    compiler,
    '-nowarn',
    '--gen',
    'json',
    '-out',
    folder,
    file,
  ]);
  const lines = `${stderr}${stdout}`.split('\n').filter((one) => one.trim() !== '');
  return { takes: status === 0, said: status === 0 ? [] : lines };
}

/** What banyan says of it as a description of types, whatever its HTTP annotations are worth. */
export async function ownVerdict(file: string): Promise<Verdict> {
  try {
    const { warnings } = await loadIdl(file, { annotations: 'are of no account' });
    return { takes: true, said: warnings.map(({ what }) => what) };
  } catch (error) {
    if (!(error instanceof BanyanError) || error.code !== 'BANYAN_IDL_INVALID') throw error;
    return { takes: false, said: error.faults.map(({ what }) => what) };
  }
}

/** The faults that keep a gateway from serving it; empty: it is served. */
export async function gatewayFaults(file: string): Promise<readonly string[]> {
  try {
    await loadIdl(file);
    return [];
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    return error.faults.map(({ at, what }) => `${at?.replace(/^.*\//, '')} ${what}`);
  }
}
