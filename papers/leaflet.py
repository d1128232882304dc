"""The leaflet for families: what a Learning Pathway is, in the sections of the pathway's own guide.

Come here to change its words. Words in {curly brackets} are filled in from the Settings; a line is
left out when there is nothing to fill in. A line that begins with BULLET is one of a list.
"""

BULLET = "• "
TITLE = "My Learning Pathway"
SECTIONS = (
    (
        "Our vision",
        (
            "What we want for children with special educational needs and disabilities is what we"
            " want for every child: that they achieve well, make a positive contribution, and lead"
            " happy and fulfilled lives.",
            "If your child has special educational needs (SEN) or a disability, school staff work"
            " with you to draw up a Learning Pathway. It looks at what is important to your child"
            " and at what is important for your child, and it changes as your child does. It sets"
            " out:",
            "• your child's needs",
            "• what support is needed to meet those needs",
            "• what progress the school expects once the pathway is in place.",
            "We measure your child's progress against the goals in the plan.",
        ),
    ),
    (
        "How does it work?",
        (
            "How much support your child gets depends on his or her own needs. We work step by"
            " step:",
            "• {stage_1}: we watch more closely, and try further strategies in class.",
            "• {stage_2}: SEN support, with a plan that we make together.",
            "• {stage_3}: SEN support, with the help of specialists from outside school.",
            "If your child does not make progress, the pathway is changed: the school gradually"
            " increases or changes the support. When needs are long term and complex, an"
            " Education, Health and Care Plan (EHCP) can be considered.",
        ),
    ),
    (
        "Review of your child's Learning Pathway",
        (
            "Staff meet with you to talk about your child's progress and the pathway. This meeting"
            " is called a review. The school arranges it, and invites you, your child (if that is"
            " right for your child) and the professionals who work with your child. At the review"
            " we look at progress, set targets for the coming year, and see whether the same"
            " pathway is still needed. We ask everyone, and you too:",
            "• what progress has your child made since the last review?",
            "• has anything changed that affects it?",
            "• what is your child enthusiastic about, and hoping to achieve?",
            "• what do you hope your child will achieve in the coming year or term?",
        ),
    ),
    (
        "Will your child always need a Learning Pathway?",
        (
            "Perhaps only for a short time. At a review the school may suggest that the support"
            " ends. If so, we talk to you about it first. Support can begin again at any time.",
        ),
    ),
    (
        "What to do if you're unhappy with a decision",
        (
            "Please talk to us: to your child's teacher, to our SENCO, or to the head.",
            "• SENCO: {senco}",
            "• Head: {head}",
            "• Telephone: {phone}",
            "• To take things further, our complaints procedure: {complaints}",
            "• Free and independent advice for families: {sendiass}",
        ),
    ),
)
