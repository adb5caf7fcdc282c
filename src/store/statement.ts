import type { CompiledQuery } from 'kysely';
import type { Database, Transaction } from './database.ts';

type Value = string | number | null;

/**
 * A statement that requests make all the time: compiled once for each database and number of values, as compiling costs more
 * than running it. `build` must use every value as a parameter, and decide nothing by it.
 */
export function statement<Row, Values extends readonly Value[]>(
  build: (db: Database, ...values: Values) => CompiledQuery<Row>,
): (db: Database | Transaction, ...values: Values) => Promise<Row[]> {
  // The adapter is the same object for a database and its transactions.
  const compiled = new WeakMap<object, Map<number, Compiled<Row>>>();
  return async (db, ...values) => {
    const { adapter } = db.getExecutor();
    const bySize = compiled.get(adapter) ?? new Map<number, Compiled<Row>>();
    compiled.set(adapter, bySize);
    const known = bySize.get(values.length) ?? compile(db, build, values.length);
    bySize.set(values.length, known);
    const parameters = known.order.map((place, index) =>
      place === null ? known.query.parameters[index] : values[place],
    );
    return (await db.executeQuery<Row>({ ...known.query, parameters })).rows;
  };
}

interface Compiled<Row> {
  query: CompiledQuery<Row>;
  /** Which value each parameter is; null: a constant of the statement. */
  order: readonly (number | null)[];
}

function compile<Row, Values extends readonly Value[]>(
  db: Database,
  build: (db: Database, ...values: Values) => CompiledQuery<Row>,
  count: number,
): Compiled<Row> {
  const places = Array.from({ length: count }, (_, index) => `value ${index} of a statement`);
  const query = build(db, ...(places as readonly Value[] as Values));
  const order = query.parameters.map((parameter) => {
    const place = typeof parameter === 'string' ? places.indexOf(parameter) : -1;
    return place < 0 ? null : place;
  });
  return { query, order };
}
