import { PostgresAdapter, type QueryExecutorProvider } from 'kysely';

/** Whether a database or transaction is PostgreSQL's; otherwise it is SQLite's. */
export function isPostgres(db: QueryExecutorProvider): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}
