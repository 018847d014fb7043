import { once } from 'node:events';
import { Command } from 'commander';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';
import { untilInterrupted } from '../until-interrupted.ts';

export const upCommand: CommandFactory = (io) => {
  const command = new Command('up').description(
    'Runs control and one router in one process, for trying banyan out: in production each is a process of its own. Ctrl-C or SIGTERM ends both.',
  );
  withLookOptions(command, 'banyan up');
  return command.action(async (flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    // Imported only here: the other commands start faster without all of it.
    const [{ startControl }, { RouterProcess }, { processLogger }] = await Promise.all([
      import('../../../control/index.ts'),
      import('../../router/run-router.ts'),
      import('../process-logger.ts'),
    ]);
    const control = await untilInterrupted(
      io.signal,
      startControl(config, { logger: processLogger('control', io) }),
    );
    try {
      const router = await untilInterrupted(
        io.signal,
        RouterProcess.start({ config, logger: processLogger('router', io), overrides: {} }),
      );
      io.hangups?.handle(() => void Promise.all([control.reload(), router.reload()]));
      const { url, adminUrl } = router.router;
      context.output.ready({ ready: true, url, adminUrl, control: control.url, pid: process.pid });
      if (io.stdout.isTTY) {
        const { tokenFile } = config.control;
        context.output.note(
          `Send requests to ${url}. The dashboard is at ${control.url}/dashboard/ (any name; the token is in ${tokenFile}). Ctrl-C ends both.`,
        );
      }
      try {
        if (!io.signal.aborted) await once(io.signal, 'abort');
      } finally {
        await router.stop();
      }
    } finally {
      await control.stop();
    }
  });
};
