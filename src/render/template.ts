import Handlebars from 'handlebars';
import { JackerError } from '../error.ts';
import type { Format } from './quote.ts';
import { templateEngine, type TemplateEngine, type TemplateSource } from './template-engine.ts';

const options = { noEscape: true, strict: true };

/**
 * An engine in which every interpolation goes through the format's quoting: it is put around each
 * `{{...}}` in the template's syntax tree, so that no template can forget it. `{{{...}}}` is
 * refused. Errors are `template-invalid` with file and line.
 */
export function createTemplateEngine(format: Format): TemplateEngine {
  const environment = Handlebars.create();
  return templateEngine(format, {
    environment,
    load: (source) => environment.compile(parse(source), options),
  });
}

/** The code of a template's compiled form: a JavaScript expression, the same for every format. */
export function precompileTemplate(source: TemplateSource): string {
  return Handlebars.precompile(parse(source), options) as string;
}

function parse(source: TemplateSource): hbs.AST.Program {
  const program = Handlebars.parse(source.text);
  new QuotingVisitor(source.file).accept(program);
  return program;
}

/** Wraps the expression of every mustache in a call of the `quoted` helper, with its name and line. */
class QuotingVisitor extends Handlebars.Visitor {
  readonly #file: string;

  constructor(file: string) {
    super();
    this.#file = file;
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    if (!mustache.escaped) {
      throw new JackerError('template-invalid', {
        what: 'writes a value without quoting ({{{ or {{&)',
        where: { file: this.#file, line: mustache.loc.start.line },
        hint: 'Use {{...}}: the format decides how the value is quoted.',
      });
    }
    const { path, params, hash, loc } = mustache;
    const isCall = params.length > 0;
    const inner: hbs.AST.Expression = isCall
      ? ({ type: 'SubExpression', path, params, hash, loc } as hbs.AST.SubExpression)
      : path;
    mustache.params = [
      inner,
      // For messages: which name it was, and where.
      {
        type: 'StringLiteral',
        value: nameOf(path),
        original: nameOf(path),
        loc,
      } as hbs.AST.StringLiteral,
      {
        type: 'NumberLiteral',
        value: loc.start.line,
        original: loc.start.line,
        loc,
      } as hbs.AST.NumberLiteral,
    ];
    mustache.path = {
      type: 'PathExpression',
      data: false,
      depth: 0,
      parts: ['quoted'],
      original: 'quoted',
      loc,
    };
  }
}

function nameOf(path: hbs.AST.PathExpression | hbs.AST.Literal): string {
  return 'original' in path ? path.original : '';
}
