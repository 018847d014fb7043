import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramCommand } from '../../scripts/servers/find-debian-program.ts';
import { freePorts } from '../../scripts/servers/index.ts';

export interface Prometheus extends AsyncDisposable {
  /** Answers of https://prometheus.io/docs/prometheus/latest/querying/api/: its `data`. @throws Error with what Prometheus found wrong */
  get(path: string, query?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** Runs Prometheus with this config until it is disposed of; what it keeps is in `folder`. */
export async function startPrometheus(
  program: ProgramCommand,
  folder: string,
  config: string,
): Promise<Prometheus> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'prometheus.yml');
  await writeFile(file, config);
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const [command, ...before] = program;
  const child = spawn(
    command,
    [
      ...[...before, `--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close');
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`Prometheus ended: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    async get(path, query = {}) {
      const response = await fetch(`${url}${path}?${new URLSearchParams(query)}`);
      const { status, data, error } = (await response.json()) as Record<string, unknown>;
      if (status !== 'success') throw new Error(`${query.query ?? path}: ${error}`);
      return data;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
