import { BanyanError } from '../../common/errors.ts';

export function captureMissing(database: string, table?: string): BanyanError {
  const what = table === undefined ? database : `${database}.${table}`;
  return new BanyanError('BANYAN_CAPTURE_MISSING', `nothing captures the changes of ${what}`, {
    fix: '`banyan resume`: it captures anew, compares the rows and carries over what differs.',
    details: { database, ...(table === undefined ? {} : { table }) },
  });
}

export function schemaChanged(database: string, table: string): BanyanError {
  return new BanyanError(
    'BANYAN_SCHEMA_CHANGED',
    `${database}.${table} was altered, rebuilt, truncated or replaced since its capture was installed, or got another \`key\` in the config`,
    {
      fix: 'See that both sides have the same columns, indexes and keys of it (run the same ALTER TABLE on the other side), then `banyan resume`: it captures anew, compares the rows and carries over what differs. Where the table was emptied it changes nothing, and names the command that brings the rows back.',
      details: { database, table },
    },
  );
}
