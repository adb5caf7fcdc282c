import { type Command, InvalidArgumentError } from 'commander';

/** Adds a command group, such as `token`. */
export function addGroup(program: Command, name: string, summary: string): Command {
  return program.command(name).description(summary);
}

/** Adds a command that prints a table, or JSON with `--json`; `usage` has its name and arguments. */
export function addCommand(
  parent: Command,
  usage: string,
  summary: string,
  examples: readonly string[],
): Command {
  return parent
    .command(usage)
    .description(summary)
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', ['', 'Examples:', ...examples.map((line) => `  $ causeway ${line}`)].join('\n'));
}

/** For options that may be given several times. */
export function collect(value: string, former: readonly string[] = []): string[] {
  return [...former, value];
}

export function readCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1_000_000) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000000.');
  }
  return count;
}
