//! AWS CodePipeline on loopback: its JSON 1.1 protocol in front of a release engine.
