// Loaded by the first rule that is asked: most folders hold no TrafficPolicy, and what reads manifests cannot wait for an import().
'use strict';

module.exports = function loadCel() {
  return require('@marcbachmann/cel-js');
};
