import {
  difference,
  differentBounds,
  differentType,
  differentValues,
  differentWords,
  type Path,
  type SchemaDifference,
  shown,
} from './compare-keywords.ts';
import {
  acceptsAll,
  asList,
  asObjectSchema,
  asRecord,
  asSchema,
  branchesOf,
  isEqual,
  resolve,
  type Schema,
  type SchemaObject,
  typeOf,
} from './schema-forms.ts';

/** Where a nested schema refers to itself, it has been compared by then. */
const PAIRS_MAX = 10_000;

/**
 * Whether a reader takes everything that a writer may send, both given as JSON Schema of the usual libraries. A member that the
 * writer does not name is taken as never sent. What cannot be compared is a difference unless it is equal on both sides: a
 * check for CI must not be silent about what it does not know.
 *
 * @returns what the reader refuses; empty when it takes all
 */
export function compareSchemas(reader: unknown, writer: unknown): SchemaDifference[] {
  return new Comparison(reader, writer).run();
}

class Comparison {
  readonly #readerRoot: Schema;
  readonly #writerRoot: Schema;
  readonly #seen = new Set<string>();

  constructor(reader: unknown, writer: unknown) {
    this.#readerRoot = asSchema(reader);
    this.#writerRoot = asSchema(writer);
  }

  run(): SchemaDifference[] {
    return this.#compare(this.#readerRoot, this.#writerRoot, []);
  }

  #compare(readerGiven: Schema, writerGiven: Schema, path: Path): SchemaDifference[] {
    const reader = resolve(readerGiven, this.#readerRoot);
    const writer = resolve(writerGiven, this.#writerRoot);
    if (acceptsAll(reader) || writer === false || isEqual(reader, writer)) return [];
    const pair = `${JSON.stringify(reader)}\n${JSON.stringify(writer)}`;
    if (this.#seen.has(pair) || this.#seen.size > PAIRS_MAX) return [];
    this.#seen.add(pair);
    if (reader === false) return [difference(path, 'nothing is taken here any more')];
    const written = branchesOf(writer);
    if (written.length > 1) return unique(written.flatMap((branch) => this.#compare(reader, branch, path)));
    return this.#compareOne(asObjectSchema(reader), written[0] ?? true, path);
  }

  /** The writer has one branch. */
  #compareOne(reader: SchemaObject, writer: Schema, path: Path): SchemaDifference[] {
    const taken = branchesOf(reader);
    if (taken.length > 1) {
      const found = taken.map((branch) => this.#inBranch(branch, writer, path));
      const fits = found.some((differences) => differences.length === 0);
      const sameType = found.filter((_, at) => typeOf(taken[at]) === typeOf(writer));
      if (fits) return [];
      return sameType.length === 1 && sameType[0] ? sameType[0] : [difference(path, `${shown(writer)} is refused`)];
    }
    return this.#inBranch(taken[0] ?? reader, writer, path);
  }

  #inBranch(reader: Schema, writerGiven: Schema, path: Path): SchemaDifference[] {
    if (acceptsAll(reader)) return [];
    if (typeof reader === 'boolean') return [difference(path, 'nothing is taken here any more')];
    const writer = typeof writerGiven === 'boolean' ? {} : writerGiven;
    const wrongType = differentType(reader, writer, path);
    if (wrongType) return [wrongType];
    return [
      ...differentValues(reader, writer, path),
      ...differentBounds(reader, writer, path),
      ...differentWords(reader, writer, path),
      ...this.#members(reader, writer, path),
      ...this.#items(reader, writer, path),
    ];
  }

  #members(reader: SchemaObject, writer: SchemaObject, path: Path): SchemaDifference[] {
    const [read, written] = [asRecord(reader['properties']), asRecord(writer['properties'])];
    const always = new Set(asList(writer['required']));
    const missing = asList(reader['required'])
      .filter((name) => typeof name === 'string' && !always.has(name))
      .map((name) => difference([...path, String(name)], 'it must be there, and may be missing'));
    const rest = reader['additionalProperties'] ?? true;
    const named = Object.entries(written).flatMap(([name, schema]) => {
      const at = [...path, name];
      if (Object.hasOwn(read, name)) return this.#compare(asSchema(read[name]), asSchema(schema), at);
      return rest === false
        ? [difference(at, 'no such member is taken')]
        : this.#compare(asSchema(rest), asSchema(schema), at);
    });
    const others = writer['additionalProperties'];
    const isMap = typeof others === 'object' && others !== null;
    return [...missing, ...named, ...(isMap ? this.#compare(asSchema(rest), asSchema(others), [...path, '*']) : [])];
  }

  #items(reader: SchemaObject, writer: SchemaObject, path: Path): SchemaDifference[] {
    const [read, written] = [asList(reader['prefixItems']), asList(writer['prefixItems'])];
    const [readRest, writtenRest] = [reader['items'] ?? true, writer['items'] ?? true];
    const length = Math.max(read.length, written.length);
    const ofPosition = Array.from({ length }, (_, at) =>
      this.#compare(asSchema(read[at] ?? readRest), asSchema(written[at] ?? writtenRest), [...path, at]),
    ).flat();
    const isList = typeOf(reader) === 'array' || typeOf(writer) === 'array';
    if (!isList) return ofPosition;
    return [...ofPosition, ...this.#compare(asSchema(readRest), asSchema(writtenRest), [...path, '*'])];
  }
}

function unique(differences: SchemaDifference[]): SchemaDifference[] {
  return [...new Map(differences.map((each) => [`${each.path} ${each.problem}`, each])).values()];
}
