/** `npm pack` and `npm publish` in the repository: Node strips no types inside node_modules, so this would be a package that cannot start. */
process.stderr.write(
  'banyan: the repository itself is no package, since its sources are TypeScript.\n' +
    '  fix: npm run build && npm pack ./dist\n',
);
process.exitCode = 1;
