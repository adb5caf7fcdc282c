import { parentPort, workerData } from 'node:worker_threads';
import { OperatorError, StoreUnavailable } from '../core/errors.ts';
import { type Database, type Origin, openDatabase } from './database.ts';
import { LIST_TABLES } from './list-tables.ts';
import type { ListRequest, ReaderAnswer, ReaderStart } from './reader.ts';
import { listRows } from './resource-list.ts';

const { file, mode, halt }: ReaderStart & Origin = workerData;
const halted = new Int32Array(halt);

/** SQLite runs to the end of a statement unless something that it calls throws. */
function goOn(): number {
  if (Atomics.load(halted, 0) !== 0) throw new Error('Nobody waits for this read any more.');
  return 1;
}

let db: Database | undefined;

async function answer({ table, connectionId, query }: ListRequest): Promise<ReaderAnswer> {
  try {
    db ??= await openDatabase({ file, mode, readOnly: true, functions: { go_on: goOn } });
    return { page: await listRows(db, LIST_TABLES[table], connectionId, query, 'go_on') };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { failure, unavailable: error instanceof StoreUnavailable || error instanceof OperatorError };
  }
}

parentPort?.on('message', (request: ListRequest) => {
  void answer(request).then((result) => parentPort?.postMessage(result));
});
