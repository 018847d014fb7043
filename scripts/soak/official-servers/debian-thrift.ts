import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canUnpackDebianPackages, unpackDebianPackage } from '../../servers/debian-packages.ts';
import { cacheFolder } from '../../servers/index.ts';

/** Apache Thrift as Debian packages it, unpacked into the cache; nothing is installed. */
const packages = {
  compiler: { packageName: 'thrift-compiler', only: /^thrift-compiler$/, holds: 'usr/bin/thrift' },
  python: {
    packageName: 'python3-thrift',
    only: /^python3-thrift$/,
    holds: 'usr/lib/python3/dist-packages/thrift/Thrift.py',
  },
  cpp: { packageName: 'libthrift-dev', only: /^libthrift/, holds: 'usr/include/thrift/Thrift.h' },
  boost: {
    packageName: 'libboost-dev',
    only: /^libboost[0-9.]+-dev$/,
    holds: 'usr/include/boost/version.hpp',
  },
  libevent: { packageName: 'libevent-dev', only: /^libevent/, holds: 'usr/include/event2/event.h' },
} as const;

export type ThriftPackage = keyof typeof packages;

/**
 * The folder that the package is unpacked in, fetched first where that has not been done; null where this machine has no means to.
 *
 * @throws BanyanError BANYAN_SERVER_DOWNLOAD with what apt said
 */
export async function debianThrift(name: ThriftPackage, signal?: AbortSignal): Promise<string | null> {
  const { packageName, only, holds } = packages[name];
  const into = join(cacheFolder(), `${packageName}-stable`);
  if (existsSync(join(into, holds))) return into;
  if (!(await canUnpackDebianPackages(process.env))) return null;
  await unpackDebianPackage({ packageName, only, suite: null, into, ...(signal ? { signal } : {}) });
  return into;
}
