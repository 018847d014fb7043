import { type Command, Option } from 'commander';

/** Where `init` and `monolith` find the monolith's routes. */
export function withRouteSources(command: Command): Command {
  return command
    .addOption(
      new Option('--app <command>', 'start the Express app so, read its routes, and end it').conflicts([
        'routes',
        'accessLog',
      ]),
    )
    .addOption(
      new Option('--routes <file>', 'its routes, as `--import banyan/express-routes` wrote them').conflicts(
        'accessLog',
      ),
    )
    .option('--access-log <file>', 'routes from requests: common or combined log format, or JSON lines');
}
