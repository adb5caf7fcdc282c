import { type LevelWithSilent, pino } from 'pino';
import { isJsonObject } from './core/json.ts';
import type { Log } from './core/ports.ts';

/** Where log lines go: one JSON object a line. */
export interface LogLines {
  write(line: string): void;
}

/** The lines of one turn of the event loop in one write; what is left when the process ends is written then. */
export function inOneWrite(stream: LogLines): LogLines {
  let waiting = '';
  const flush = () => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') stream.write(lines);
  };
  process.on('exit', flush);
  return {
    write(line) {
      if (waiting === '') setImmediate(flush);
      waiting += line;
    },
  };
}

/** A structured log (pino). An error is logged as its name, code, message, stack and causes, and nothing else of it. */
export function createLog(level: LevelWithSilent, lines: LogLines): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
    },
    lines,
  );
}

/** HTTP errors carry requests with their headers: only what is known to be harmless is taken. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error))
    return isJsonObject(error) || typeof error === 'string' ? error : String(error);
  return {
    type: error.name,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && depth < 5 && { cause: describeError(error.cause, depth + 1) }),
  };
}
