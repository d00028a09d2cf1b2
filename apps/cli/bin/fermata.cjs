#!/usr/bin/env node
// The command `fermata`: it runs what is built, on the Node of this workspace.
require('../dist/main.js');
