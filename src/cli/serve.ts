import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import type { Shell } from './shell.ts';

export function addServeCommand(program: Command, shell: Shell): void {
  program
    .command('serve')
    .description('start the server and run until SIGTERM, as "npm start" does')
    .addHelpText('after', '\nExamples:\n  $ causeway serve\n  $ CAUSEWAY_PORT=9090 causeway serve')
    .action(async () => {
      const config = readConfig(shell.env);
      const { serve } = await import('../main.ts');
      await serve(config);
    });
}
