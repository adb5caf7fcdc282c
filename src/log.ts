import { type LevelWithSilent, pino } from 'pino';
import { isJsonObject } from './core/json.ts';
import type { Log } from './core/ports.ts';

/** Where log lines go: one JSON object a line. */
export interface LogLines {
  write(line: string): void;
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
