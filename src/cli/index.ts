import { Command, CommanderError } from 'commander';
import { CausewayError } from '../core/errors.ts';
import { addAccountCommands } from './account.ts';
import { addAuditCommands } from './audit.ts';
import { addBackupCommand } from './backup.ts';
import { addConnectionCommands } from './connection.ts';
import { addCopyCommand } from './copy.ts';
import { addDeliveryCommands } from './delivery.ts';
import { addDriftCommands } from './drift.ts';
import { addDryRunCommands } from './dry-run.ts';
import { addHeldCommands } from './held.ts';
import { addMappingCommands } from './mapping.ts';
import { addPersonCommands } from './person.ts';
import { addPlanCommand } from './plan.ts';
import { addServeCommand } from './serve.ts';
import { processShell, type Shell, UsageError } from './shell.ts';
import { addTaskCommands } from './task.ts';
import { addTokenCommands } from './token.ts';

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

const HELP = `
It works on the server's own store, while the server runs or not, and needs the same CAUSEWAY_ variables in its
environment: CAUSEWAY_SECRET_KEY, CAUSEWAY_PUBLIC_URL and CAUSEWAY_DATA_DIR above all. Without a secret key it is
the sandbox's.

Exit codes: 0 done, 1 failed or refused, 2 the command line is wrong.

Examples:
  $ causeway connection add crm --vendor crankwheel --credentials-file - < key.json
  $ causeway connection test crm
  $ causeway token issue crm --label okta
  $ causeway account list crm --state refused
  $ causeway plan crm ana@example.com
`;

/** Runs one command line (without the program's name); answers the exit code. Errors are one message on standard error. */
export async function runCli(args: readonly string[], shell: Shell = processShell()): Promise<number> {
  try {
    await buildProgram(shell).parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    return report(error, shell);
  }
}

function buildProgram(shell: Shell): Command {
  const program = new Command('causeway')
    .description('Operates Causeway: connections, tokens, accounts and what is delivered to them.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
      outputError: (text, write) => write(withoutValues(text)),
    })
    .showHelpAfterError('Add --help for usage and examples.')
    .addHelpText('after', HELP);
  addServeCommand(program, shell);
  addConnectionCommands(program, shell);
  addTokenCommands(program, shell);
  addMappingCommands(program, shell);
  addPlanCommand(program, shell);
  addDryRunCommands(program, shell);
  addAccountCommands(program, shell);
  addDeliveryCommands(program, shell);
  addTaskCommands(program, shell);
  addHeldCommands(program, shell);
  addDriftCommands(program, shell);
  addPersonCommands(program, shell);
  addAuditCommands(program, shell);
  addBackupCommand(program, shell);
  addCopyCommand(program, shell);
  return program;
}

/** A credential given as an option that does not exist must not be repeated. */
function withoutValues(text: string): string {
  return text.replace(/(unknown option '[^'=]*)=.*'/s, "$1=…'");
}

function report(error: unknown, shell: Shell): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof CausewayError) {
    shell.stderr.write(`${error.message}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  shell.stderr.write(`This is a defect of Causeway; please report it: ${reason}\n`);
  return EXIT.failed;
}
