// The one `require` of src: the engine is 260 KB of code that most sidecars never need, and what compiles patterns cannot wait for an import().
'use strict';

module.exports = function loadRe2() {
  return require('re2js');
};
