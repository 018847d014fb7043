import { Command } from 'commander';
import { type CommonFlags, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

export const apiCommand: CommandFactory = (io) => {
  const command = new Command('api').description(
    'Prints the admin API of the control process as an OpenAPI 3.1 document. Asks nobody, needs no config.',
  );
  withLookOptions(command, 'banyan api > openapi.json');
  return command.action(async (_flags: CommonFlags) => {
    const { openApiDocument } = await import('../../../control/api/openapi/openapi-document.ts');
    io.stdout.write(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
  });
};
