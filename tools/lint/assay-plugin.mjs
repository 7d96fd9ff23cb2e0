// The house's own lint rules, loaded by oxlint. Where each one holds is said in .oxlintrc.json.

const MAX_LINES = 400;
const LONG = /\bLong because\b/;
const SUPPRESSION = /^[\s*]*(?:oxlint-disable|eslint-disable|@ts-expect-error)/;
const REASONED = /(?:^[\s*]*(?:oxlint|eslint)-disable[^]*?\s--\s+\S|^[\s*]*@ts-expect-error:?\s+\S)/;

function rule(description, create) {
  return { meta: { type: 'problem', docs: { description } }, create };
}

function isIdentifier(node, name) {
  return node?.type === 'Identifier' && node.name === name;
}

const rules = {
  'no-export-all': rule('one barrel per lib, and it names what it gives away', (context) => ({
    ExportAllDeclaration(node) {
      context.report({
        node,
        message: 'Name what is exported: `export *` hides what a lib gives away, and makes cycles.',
      });
    },
  })),

  'no-process-env': rule('the environment is read once, in platform/config', (context) => {
    const report = (node) =>
      context.report({
        node,
        message:
          'Read the environment only in libs/platform/src/config (the command line: in its config file), and pass the value on.',
      });
    return {
      MemberExpression(node) {
        const property = node.computed ? node.property.value : node.property.name;
        if (property !== 'env') return;
        if (isIdentifier(node.object, 'process')) report(node);
        else if (
          node.object.type === 'MemberExpression' &&
          isIdentifier(node.object.object, 'globalThis') &&
          node.object.property.name === 'process'
        )
          report(node);
      },
      VariableDeclarator(node) {
        if (!isIdentifier(node.init, 'process') || node.id.type !== 'ObjectPattern') return;
        if (node.id.properties.some((property) => isIdentifier(property.key, 'env'))) report(node);
      },
      ImportDeclaration(node) {
        if (node.source.value === 'node:process' || node.source.value === 'process') report(node);
      },
    };
  }),

  'no-http-exception': rule('only platform/http knows status numbers', (context) => ({
    ImportDeclaration(node) {
      if (node.source.value !== '@nestjs/common') return;
      for (const specifier of node.specifiers) {
        const name = specifier.imported?.name ?? '';
        if (name.endsWith('Exception') || name === 'HttpStatus' || name === 'HttpCode') {
          context.report({
            node: specifier,
            message: `Throw an AppError with a code of the contracts table instead of ${name}: only libs/platform/src/http knows HTTP statuses.`,
          });
        }
      }
    },
  })),

  'no-hidden-input': rule('pure code has no clock and no chance', (context) => ({
    CallExpression(node) {
      const { object, property } = node.callee.type === 'MemberExpression' ? node.callee : {};
      const called =
        object?.type === 'Identifier' && property?.type === 'Identifier' ? `${object.name}.${property.name}` : '';
      if (
        ['Date.now', 'Math.random', 'performance.now', 'crypto.randomUUID', 'crypto.getRandomValues'].includes(called)
      ) {
        context.report({
          node,
          message: `${called}() makes the result differ from call to call: take the value as an argument.`,
        });
      }
    },
    NewExpression(node) {
      if (isIdentifier(node.callee, 'Date') && node.arguments.length === 0)
        context.report({ node, message: 'new Date() reads the clock: take the time as an argument.' });
    },
  })),

  'reason-for-length': rule(`a file of more than ${MAX_LINES} lines says why at its top`, (context) => ({
    Program(node) {
      const lines = context.sourceCode.text.split('\n').length;
      if (lines <= MAX_LINES) return;
      const top = context.sourceCode
        .getAllComments()
        .find(
          (comment) => context.sourceCode.text.slice(0, comment.range[0]).trim() === '' || LONG.test(comment.value),
        );
      const atTop =
        top !== undefined &&
        LONG.test(top.value) &&
        context.sourceCode.text.slice(0, top.range[0]).split('\n').length <= 5;
      if (!atTop)
        context.report({
          node,
          message: `${lines} lines: split the file, or begin it with a comment "Long because …".`,
        });
    },
  })),

  'reason-for-suppression': rule('whoever switches a rule off says why', (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        if (SUPPRESSION.test(comment.value) && !REASONED.test(comment.value)) {
          context.report({
            loc: comment.loc,
            message: 'Say why: `oxlint-disable-next-line rule -- reason`, `@ts-expect-error: reason`.',
          });
        }
      }
    },
  })),
};

// oxlint asks for the plugin as the default export of its file.
export default { meta: { name: 'assay' }, rules };
