const { spawn } = require('node:child_process');
const { createServer } = require('node:http');
const { join } = require('node:path');

// What launches an app may serve figures of its own, and end once the app runs.
createServer().listen(0, '127.0.0.1', () => {
  setTimeout(() => {
    const app = join(__dirname, 'app.cjs');
    spawn(process.execPath, ['--no-experimental-strip-types', app], { stdio: 'ignore' }).unref();
    process.exit(0);
  }, 500);
});
