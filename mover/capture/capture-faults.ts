import { BanyanError } from '../../common/errors.ts';

export function captureMissing(database: string, table?: string): BanyanError {
  const what = table === undefined ? database : `${database}.${table}`;
  return new BanyanError('BANYAN_CAPTURE_MISSING', `nothing captures the changes of ${what}`, {
    fix: 'Install the capture, then copy from the beginning.',
    details: { database, ...(table === undefined ? {} : { table }) },
  });
}

export function schemaChanged(database: string, table: string): BanyanError {
  return new BanyanError(
    'BANYAN_SCHEMA_CHANGED',
    `table ${database}.${table} was altered, rebuilt, truncated or replaced, or got another \`key\` in the config, since its capture was installed`,
    {
      fix: 'Bring the other side to the same schema, then drop the capture, install it again and restart the copy.',
      details: { database, table },
    },
  );
}
