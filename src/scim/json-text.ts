import type { Json, JsonObject } from '../core/json.ts';
import { Turn } from '../core/turn.ts';
import { ScimError } from './errors.ts';

const MAX_DEPTH = 50;
/** Texts up to this many characters are read at once, longer ones in parts of about this size. */
const WHOLE = 262_144;
const PART = 65_536;
/** In one object that is longer than a part. */
const MAX_KEYS = 10_000;

/** The escape of U+0000, or of half a surrogate pair alone; its own backslash not escaped. */
const UNKEEPABLE =
  /(?<!\\)(?:\\\\)*(?:\\u0000|\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f][0-9a-f]{2})|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2})/i;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_CURLY = 0x7b;
const CLOSE_CURLY = 0x7d;

function notJson(cause?: unknown): ScimError {
  const detail = 'The body is not valid JSON. Check the request that your client builds.';
  return new ScimError(400, 'invalidSyntax', detail, { cause });
}

function refusal(what: string): ScimError {
  return new ScimError(400, 'invalidSyntax', `The body ${what}.`);
}

function tooDeep(): ScimError {
  return refusal(`nests objects and lists more than ${MAX_DEPTH} deep. Send it with less nesting`);
}

/**
 * The JSON value of a request's body, 400 `invalidSyntax` where it is none or nests too deep. What is long is read in parts,
 * so that other requests have their turn between them.
 */
export async function parseJson(text: string): Promise<Json> {
  if (UNKEEPABLE.test(text)) {
    const detail =
      'The body has a text with the character U+0000 or half of a surrogate pair, which cannot be kept. Correct what the identity provider maps there.';
    throw new ScimError(400, 'invalidValue', detail);
  }
  if (text.length > WHOLE) return new PartReader(text).read();
  if (isTooDeep(text)) throw tooDeep();
  return parse(text);
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notJson(error);
  }
}

/** Counted beforehand, so that a hostile body is never built in memory. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) at = endOfText(text, at);
    else if (isOpening(character)) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (isClosing(character)) depth -= 1;
  }
  return false;
}

/** Where the closing quote of the text that starts at `start` stands, or the end of a body that has none. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) return at;
    if (character === BACKSLASH) at += 1;
  }
  return text.length;
}

function isOpening(character: number): boolean {
  return character === OPEN_BRACKET || character === OPEN_CURLY;
}

function isClosing(character: number): boolean {
  return character === CLOSE_BRACKET || character === CLOSE_CURLY;
}

/** A list or object that is longer than a part: its elements are read in batches. */
interface Container {
  value: Json[] | JsonObject;
  keys: number;
  /** Where the elements that are still to be read begin. */
  batchStart: number;
  /** Where the newest element begins, and in an object its colon. */
  elementStart: number;
  colon: number;
  /** Where the newest element's outermost bracket stands. */
  opening: number;
  /** Between an element that was a container of its own and the comma after it. */
  isBehindChild: boolean;
  /** Something must come: a comma was the last. */
  isOwed: boolean;
}

/** One pass over the characters; only what lies between the large containers' commas is given to JSON.parse. */
class PartReader {
  readonly #text: string;
  readonly #turn = new Turn();
  readonly #open: Container[] = [];
  #at = 0;
  /** Brackets open inside the newest element of the innermost container. */
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  async read(): Promise<Json> {
    this.#at = this.#text.search(/[^\t\n\r ]/);
    const root = this.#text.charCodeAt(this.#at);
    // A single text or number: as long as it may be, it is read in one go.
    if (!isOpening(root)) return parse(this.#text);
    let container: Container | undefined = this.#enter(this.#at);
    const { value } = container;
    this.#at += 1;
    for (; container !== undefined; this.#at += 1) {
      if (this.#at >= this.#text.length) throw notJson();
      if (this.#step(container)) await this.#turn.pause();
      container = this.#open.at(-1);
    }
    this.#requireBlank(this.#at, this.#text.length);
    return value;
  }

  /** One character, or one text; true where a batch was read. */
  #step(container: Container): boolean {
    const character = this.#text.charCodeAt(this.#at);
    if (character === QUOTE) this.#at = endOfText(this.#text, this.#at);
    else if (isOpening(character)) {
      if (this.#depth === 0) container.opening = this.#at;
      this.#depth += 1;
      if (this.#open.length + this.#depth > MAX_DEPTH) throw tooDeep();
    } else if (isClosing(character)) {
      this.#depth -= 1;
      if (this.#depth < 0) return this.#leave(container, character);
    } else if (this.#depth === 0) {
      if (character === COLON && container.colon < container.elementStart) container.colon = this.#at;
      if (character === COMMA) return this.#endElement(container);
    }
    const isLong = this.#depth > 0 && this.#at - container.elementStart >= PART;
    return isLong && this.#descend(container);
  }

  #enter(opening: number): Container {
    const start = opening + 1;
    const isList = this.#text.charCodeAt(opening) === OPEN_BRACKET;
    const container: Container = {
      value: isList ? [] : {},
      keys: 0,
      batchStart: start,
      elementStart: start,
      colon: -1,
      opening: -1,
      isBehindChild: false,
      isOwed: false,
    };
    this.#open.push(container);
    this.#at = opening;
    this.#depth = 0;
    return container;
  }

  /** The newest element turns out to be long: what stands before it is read, and it becomes a container of its own. */
  #descend(container: Container): boolean {
    const { elementStart, opening, colon } = container;
    if (elementStart > container.batchStart) this.#readBatch(container, elementStart - 1);
    const child = this.#enter(opening);
    this.#attach(container, elementStart, opening, colon, child.value);
    container.isBehindChild = true;
    container.isOwed = false;
    return true;
  }

  #attach(container: Container, start: number, opening: number, colon: number, child: Json): void {
    if (Array.isArray(container.value)) {
      this.#requireBlank(start, opening);
      container.value.push(child);
      return;
    }
    if (colon < start || container.isBehindChild) throw notJson();
    this.#requireBlank(colon + 1, opening);
    const key = parse(this.#text.slice(start, colon));
    if (typeof key !== 'string') throw notJson();
    this.#set(container, container.value, key, child);
  }

  #endElement(container: Container): boolean {
    const isPart = this.#at - container.batchStart >= PART;
    if (container.isBehindChild) this.#requireBlank(container.batchStart, this.#at);
    else if (isPart) this.#readBatch(container, this.#at);
    if (container.isBehindChild || isPart) container.batchStart = this.#at + 1;
    container.isBehindChild = false;
    container.elementStart = this.#at + 1;
    container.isOwed = true;
    return isPart;
  }

  #leave(container: Container, closing: number): boolean {
    const wanted = Array.isArray(container.value) ? CLOSE_BRACKET : CLOSE_CURLY;
    if (closing !== wanted) throw notJson();
    if (container.isBehindChild) this.#requireBlank(container.batchStart, this.#at);
    else this.#readBatch(container, this.#at);
    this.#open.pop();
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.batchStart = this.#at + 1;
    this.#depth = 0;
    return true;
  }

  #readBatch(container: Container, end: number): void {
    const { value } = container;
    const batch = this.#text.slice(container.batchStart, end);
    const isBlank = batch.trim() === '';
    if (isBlank && container.isOwed) throw notJson();
    container.isOwed = false;
    if (Array.isArray(value)) {
      for (const element of parse(`[${batch}]`) as Json[]) value.push(element);
      return;
    }
    for (const [key, element] of Object.entries(parse(`{${batch}}`) as JsonObject)) {
      this.#set(container, value, key, element);
    }
  }

  #set(container: Container, object: JsonObject, key: string, value: Json): void {
    container.keys += 1;
    if (container.keys > MAX_KEYS) throw refusal(`has an object of more than ${MAX_KEYS} attributes`);
    // As JSON.parse does it: "__proto__" is a name like any other.
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  }

  #requireBlank(start: number, end: number): void {
    if (this.#text.slice(start, end).trim() !== '') throw notJson();
  }
}
