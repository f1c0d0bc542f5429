import unittest
from unittest import mock

import ministack.services.cloudformation.engine as engine
import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.cloudformation.stacks as stacks

import stand_ins


class StandIns(unittest.TestCase):
    def setUp(self):
        for table in (provisioners._RESOURCE_HANDLERS, provisioners._REPLACING_PROPERTIES):
            patched = mock.patch.dict(table)
            patched.start()
            self.addCleanup(patched.stop)
        self.events = []
        recorded = mock.patch.object(stacks, "_add_event", lambda *event: self.events.append(event))
        recorded.start()
        self.addCleanup(recorded.stop)
        stand_ins.TYPES.clear()
        stand_ins.install()

    def test_a_type_that_only_aws_knows_is_no_mistake_of_the_template(self):
        template = {"Resources": {"Acl": {"Type": "AWS::EC2::NetworkAclEntry"}, "Made": {"Type": "AWS::GameLift::Fleet"}}}
        engine.validate_template_support(template, {})
        with self.assertRaisesRegex(ValueError, r"Unrecognized resource types: \[AWS::EC2::NetworkAlc\]"):
            engine.validate_template_support({"Resources": {"Acl": {"Type": "AWS::EC2::NetworkAlc"}}}, {})

    def test_it_has_an_id_and_every_attribute(self):
        made, attributes = provisioners._provision_resource("AWS::GameLift::Fleet", "Fleet", {}, "shop")
        self.assertTrue(made.startswith("shop-Fleet-"))
        self.assertIn("FleetId", attributes)
        self.assertEqual(attributes["FleetId"], f"{made}-FleetId")
        self.assertEqual(provisioners._RESOURCE_HANDLERS["AWS::GameLift::Fleet"]["update"](made, {}, {}, "shop")[0], made)
        provisioners._delete_resource("AWS::GameLift::Fleet", made, {})

    def test_a_type_that_ministack_knows_stays_as_it_is(self):
        self.assertNotIn("AWS::SQS::Queue", stand_ins.TYPES)
        self.assertGreater(len(stand_ins.TYPES), 1000)

    def test_the_events_of_the_stack_say_so(self):
        stacks._add_event("id", "shop", "Fleet", "AWS::GameLift::Fleet", "CREATE_COMPLETE")
        stacks._add_event("id", "shop", "Fleet", "AWS::GameLift::Fleet", "CREATE_IN_PROGRESS")
        stacks._add_event("id", "shop", "Queue", "AWS::SQS::Queue", "CREATE_COMPLETE")
        reasons = [event[5] for event in self.events]
        self.assertIn("the local emulator does not know this type; AWS does", reasons[0])
        self.assertEqual(reasons[1:], ["", ""])
