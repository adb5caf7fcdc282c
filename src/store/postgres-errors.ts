import { DatabaseError } from 'pg';
import { StoreUnavailable } from '../core/errors.ts';
import { Contention, UniqueViolation } from './errors.ts';

/** postgresql.org/docs/current/errcodes-appendix.html: codes, and classes by their first two characters. */
const UNIQUE_VIOLATION = '23505';
const STATEMENT_TIMEOUT = '57014';
const CONTENTION = new Map([
  ['40001', 'another transaction was in the way'],
  ['40P01', 'two transactions waited for each other'],
  ['55P03', 'another transaction holds its rows'],
]);
const UNAVAILABLE = new Map([
  [STATEMENT_TIMEOUT, 'a statement took too long'],
  ['25006', 'the database is read-only'],
  ['25P03', 'a transaction stood still for too long'],
  ['3D000', 'there is no such database'],
  ['42501', 'its user lacks a right'],
]);
const UNAVAILABLE_CLASSES = new Map([
  ['08', 'the connection broke'],
  ['28', 'the database does not accept its user or password'],
  ['53', 'the database has too little room, memory or connections'],
  ['57', 'the database was stopped'],
  ['58', 'the database has a problem with its system'],
  ['XX', 'the database is damaged'],
]);

/** A statement was ended because it took longer than it may. */
export class StatementTimeout extends StoreUnavailable {}

/** What a failure of `pg` means to the store; a fault of the statement itself is returned as it is. */
export function postgresError(error: unknown): unknown {
  if (error instanceof TypeError || error instanceof RangeError || !(error instanceof Error)) return error;
  if (!(error instanceof DatabaseError))
    return unavailable(`the database is not reached (${reasonOf(error)})`, error);
  const code = error.code ?? '';
  if (code === UNIQUE_VIOLATION) return uniqueViolation(error);
  const contention = CONTENTION.get(code);
  if (contention !== undefined) return new Contention(sentence(contention), { cause: plain(error) });
  const reason = UNAVAILABLE.get(code) ?? UNAVAILABLE_CLASSES.get(code.slice(0, 2));
  if (code === STATEMENT_TIMEOUT)
    return new StatementTimeout(sentence(reason ?? ''), { cause: plain(error) });
  return reason === undefined ? error : unavailable(reason, plain(error));
}

/** What it means that no connection can be had; the server may refuse one for any reason. */
export function connectError(error: unknown): unknown {
  const meaning = postgresError(error);
  if (!(meaning instanceof DatabaseError)) return meaning;
  return unavailable(`the database accepts no connection (${meaning.message})`, plain(meaning));
}

function unavailable(reason: string, cause: Error): StoreUnavailable {
  return new StoreUnavailable(sentence(reason), { cause });
}

function sentence(reason: string): string {
  return `The store cannot be used now: ${reason}.`;
}

/** Several addresses of a host fail as one error without a message of its own. */
function reasonOf(error: Error): string {
  const [first] = error instanceof AggregateError ? error.errors : [];
  return error.message || (first instanceof Error ? first.message : 'no reason given');
}

/** Without the row's values, which `detail` and `where` tell: they are somebody's data. */
function plain(error: DatabaseError): Error {
  return new Error(`${error.code ?? ''} ${error.message}`);
}

/** Reads `Key (connection_id, user_name_key)=(…) already exists.`, in whatever language. */
function uniqueViolation(error: DatabaseError): UniqueViolation {
  const columns = /\(([^()]*)\)=\(/.exec(error.detail ?? '')?.[1];
  return new UniqueViolation(error.table ?? '', columns?.split(', ') ?? [], { cause: plain(error) });
}
