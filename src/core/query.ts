export type CompareOperator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';

/** dateTimes are epoch ms; texts are as the client wrote them, not folded. */
export type FilterValue = string | number | boolean | null;

/**
 * Where values are found. `document`: the stored document, or inside an element filter the element. The others are
 * columns and rows of the store; `members` and `groups` (direct ones) are multi-valued.
 */
export type AttributeSource =
  | 'document'
  | 'id'
  | 'created'
  | 'lastModified'
  | 'version'
  | 'members'
  | 'groups';

/** An attribute as the schema resolved it. */
export interface AttributeRef {
  source: AttributeSource;
  /** Names from the document (or the element) to the attribute; a plain element is its own `value`. */
  keys: readonly string[];
  /** What is read of each element of a multi-valued attribute; null: the element itself. */
  sub: string | null;
  type: 'text' | 'boolean' | 'number' | 'dateTime' | 'complex';
  multiValued: boolean;
  /** False: texts are compared folded (core/fold). */
  caseExact: boolean;
  /** What a missing value counts as. */
  fallback?: boolean;
}

/**
 * A filter resolved against a schema (RFC 7644 §3.4.2.2). A comparison holds if any value of the attribute fulfils it;
 * an unassigned attribute counts as one null. `element`: one and the same element fulfils the inner filter.
 */
export type Filter =
  | { kind: 'and' | 'or'; terms: readonly Filter[] }
  | { kind: 'not'; term: Filter }
  | { kind: 'constant'; value: boolean }
  | { kind: 'present'; ref: AttributeRef }
  | { kind: 'compare'; operator: CompareOperator; ref: AttributeRef; value: FilterValue }
  | { kind: 'element'; ref: AttributeRef; filter: Filter };

export interface Sort {
  ref: AttributeRef;
  descending: boolean;
}

/** A resource's place in an order; `sort` is null where the order is by id alone or the attribute is unassigned. */
export interface Position {
  sort: string | number | null;
  id: string;
}

/** What lies beyond `position`, in the order of the list (`after`) or against it (`before`). */
export interface CursorTarget {
  direction: 'after' | 'before';
  position: Position;
}

/** One list request, resolved and within its limits. */
export interface ResourceQuery {
  filter: Filter | null;
  /** null: by id, which is by age. */
  sort: Sort | null;
  /** Resources wanted, at most; 0 asks for `totalResults` alone. */
  count: number;
  /** `startIndex` counts from 1. A cursor's `target` of null is the first page. */
  page: { kind: 'index'; startIndex: number } | { kind: 'cursor'; target: CursorTarget | null };
  /** The same for the same filter and order, so that a cursor is used only with its own query. */
  fingerprint: string;
}

/** One page of a list; cursors are set only where the query asked for cursors and there is such a page. */
export interface Page<Resource> {
  totalResults: number;
  resources: Resource[];
  /** Of an index page. */
  startIndex?: number;
  nextCursor?: string;
  previousCursor?: string;
}
