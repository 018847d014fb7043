import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../../../common/errors.ts';
import { cacheFolder } from '../../../scripts/servers/cache-folder.ts';
import { canUnpackDebianPackages, unpackDebianPackage } from '../../../scripts/servers/debian-packages.ts';
import { findOnPath } from '../../../scripts/servers/find-on-path.ts';
import { machineFolder } from '../../../scripts/servers/unpacked-command.ts';

/** How a browser is started; or why there is none. */
export type FoundChromium =
  | { readonly executablePath: string; readonly env: NodeJS.ProcessEnv }
  | { readonly missing: string };

const packageName = 'chromium-headless-shell';
/** The machine's own C library starts it, as it starts its child processes; drivers of graphics cards are not needed. */
const needed =
  /^(?!(?:libc6|libc-bin|libllvm.*|libgl1-mesa-dri|libz3-4|perl.*|libperl.*|x11-utils|xdg-utils|debconf|tar|dpkg)$)/;

/** From PATH; else unpacked earlier into the cache; else, on a Debian machine, fetched and unpacked now: no root, nothing installed. */
export async function findChromium(env: NodeJS.ProcessEnv = process.env): Promise<FoundChromium> {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const found = await findOnPath(name, env);
    if (found !== null) return { executablePath: found, env };
  }
  const root = join(cacheFolder(env), `${packageName}-stable`);
  try {
    if (!existsSync(root)) {
      if (!(await canUnpackDebianPackages(env))) {
        return {
          missing: 'there is no chromium on PATH, and no apt-get to fetch it with. Install chromium.',
        };
      }
      await unpackDebianPackage({ packageName, only: needed, suite: null, into: root });
    }
  } catch (error) {
    const { message, fix } = describeError(error);
    return { missing: `${message} ${fix}` };
  }
  const executablePath = join(root, 'usr/lib/chromium', packageName);
  if (!existsSync(executablePath)) return { missing: `${root} holds no ${packageName}. Remove that folder.` };
  return { executablePath, env: { ...env, ...(await unpackedEnvironment(root)) } };
}

/** Its libraries and its fonts: what a machine without any has not. */
async function unpackedEnvironment(root: string): Promise<NodeJS.ProcessEnv> {
  const libraries = ['usr/lib', 'lib'].flatMap((folder) => [
    join(root, folder, machineFolder),
    join(root, folder, machineFolder, 'pulseaudio'),
  ]);
  const folder = join(root, 'banyan');
  const file = join(folder, 'fonts.conf');
  await mkdir(folder, { recursive: true });
  const fonts = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${join(root, 'usr/share/fonts')}</dir><dir>/usr/share/fonts</dir><cachedir>${join(folder, 'fonts')}</cachedir></fontconfig>\n`;
  if (!existsSync(file)) await writeFile(file, fonts);
  return { LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: file };
}
